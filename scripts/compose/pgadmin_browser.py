"""Opens the servers of pgAdmin in a headless browser, as a person does who never types a database password.

    pgadmin_browser.py URL EMAIL FILE_WITH_PASSWORD SERVER=DATABASE...

Logs in, opens each server of the tree, and prints its databases. Exits with 1 when a server cannot be opened or its database is
missing; the last picture is in pgadmin.png in the current folder then.
"""

import sys
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

GROUP = "ARC SaaS"


def entries(browser):
    """The entries of the tree that can be seen, by their texts."""
    found = {}
    for element in browser.find_elements(By.CSS_SELECTOR, ".file-entry .file-name"):
        try:
            found[element.text.strip()] = element
        except StaleElementReferenceException:
            pass
    return found


def find(browser, prefix, seconds=90):
    """Waits for an entry; its children may still be loading."""
    def look(_):
        return next((element for text, element in entries(browser).items() if text.startswith(prefix)), None)
    return WebDriverWait(browser, seconds, 0.5).until(look, f"no entry {prefix} in {list(entries(browser))}")


def fill(browser, name, text):
    """Puts a text into a field at once: keys that are sent one by one get lost while the page renders."""
    field = browser.find_element(By.NAME, name)
    browser.execute_script(
        "Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(arguments[0], arguments[1]);"
        "arguments[0].dispatchEvent(new Event('input', {bubbles: true}));", field, text)
    WebDriverWait(browser, 30, 0.2).until(
        lambda page: page.find_element(By.NAME, name).get_attribute("value") == text, f"the field {name} is not filled")


def open_entry(browser, prefix, child):
    """Opens an entry until one of its children is there."""
    deadline = time.time() + 120
    while True:
        ActionChains(browser).double_click(find(browser, prefix)).perform()
        try:
            return find(browser, child, 15)
        except TimeoutException:
            dialogs = browser.find_elements(By.CSS_SELECTOR, "input[type=password]")
            if dialogs or time.time() > deadline:
                raise


def main():
    url, email, password_file, *servers = sys.argv[1:]
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1400,1000"]:
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    browser.set_page_load_timeout(120)
    try:
        browser.get(f"{url}/login")
        wait = WebDriverWait(browser, 90, 0.5)
        wait.until(lambda page: page.find_elements(By.NAME, "email"), "no form to log in")
        fill(browser, "email", email)
        with open(password_file, encoding="utf-8") as file:
            fill(browser, "password", file.read())
        browser.find_element(By.CSS_SELECTOR, "button[type=submit], button[name=internal_button]").click()
        first = servers[0].partition("=")[0]
        if not any(text.startswith(first) for text in entries(browser)):
            open_entry(browser, GROUP, first)
        for number, server in enumerate(servers):
            name, _, database = server.partition("=")
            open_entry(browser, name, "Databases")
            databases = open_entry(browser, "Databases", database)
            print(f"{name}: {databases.text.strip()}", flush=True)
            # Closed again, so that the next server's "Databases" is the only one.
            ActionChains(browser).double_click(find(browser, name)).perform()
            WebDriverWait(browser, 30, 0.5).until(lambda _: "Databases" not in " ".join(entries(browser)), "the server stays open")
        return 0
    except Exception as error:
        browser.save_screenshot("pgadmin.png")
        print(f"pgadmin_browser: {type(error).__name__}: {str(error).strip()[:500]}", file=sys.stderr)
        return 1
    finally:
        browser.quit()


if __name__ == "__main__":
    sys.exit(main())

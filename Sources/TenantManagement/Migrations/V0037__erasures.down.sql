DROP TABLE main.erasures;

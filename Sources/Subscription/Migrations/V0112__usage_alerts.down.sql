DROP TABLE main.usage_alerts, main.usage_checks;

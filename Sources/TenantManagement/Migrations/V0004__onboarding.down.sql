DROP TABLE main.notifications, main.provisionings, main.lead_keys;

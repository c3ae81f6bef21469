DROP TABLE main.billing_standings;

DROP TABLE main.usage_reservations;

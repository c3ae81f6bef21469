ALTER TABLE main.deliveries SET (fillfactor = 85);

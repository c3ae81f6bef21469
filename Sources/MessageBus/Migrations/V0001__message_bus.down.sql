DROP TABLE main.deliveries;
DROP TABLE main.consumer_groups;
DROP TABLE main.messages;

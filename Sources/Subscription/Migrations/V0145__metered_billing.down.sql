DROP TABLE main.subscription_usage, main.metered_prices;

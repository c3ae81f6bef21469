DROP TABLE main.event_feed, main.event_counters, main.event_positions, main.webhook_replays, main.webhook_attempts,
    main.webhook_deliveries, main.webhook_queues, main.webhook_secrets, main.webhook_endpoints;
DROP FUNCTION main.webhook_body(text, timestamptz, bigint, uuid, uuid, text);
DROP FUNCTION main.webhook_delivery_id(uuid, uuid);
DROP FUNCTION main.webhook_endpoint_queue();
DROP FUNCTION main.webhook_endpoint_state();

DROP TABLE main.usage_closings, main.usage_values, main.usage_rollups, main.usage_events, main.meters;
DROP FUNCTION main.meters_aggregation_fixed();

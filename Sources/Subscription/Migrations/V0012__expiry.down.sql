DROP INDEX main.idx_invoice_status;
DROP FUNCTION main.reserve_subscription(uuid, uuid, integer, integer, text, uuid);
DROP FUNCTION main.is_live(smallint, text, text);

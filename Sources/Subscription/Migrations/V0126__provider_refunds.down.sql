DROP TRIGGER pay_out ON main.credit_notes;
DROP FUNCTION main.refund_credit_note();
DROP TABLE main.provider_refunds;

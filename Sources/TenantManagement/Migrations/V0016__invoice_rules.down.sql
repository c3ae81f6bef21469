DROP TRIGGER invoices_amount_decimals ON main.invoices;
DROP TRIGGER invoices_due_ordered ON main.invoices;
DROP TRIGGER invoices_period_ordered ON main.invoices;
DROP FUNCTION main.refuse_row();
DROP FUNCTION main.currency_decimals(text);

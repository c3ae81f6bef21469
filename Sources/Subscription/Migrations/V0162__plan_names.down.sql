DROP TRIGGER freeze_names ON main.invoice;
DROP FUNCTION main.keep_plan_names();

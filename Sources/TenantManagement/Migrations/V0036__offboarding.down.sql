DROP TRIGGER end_stale_offboarding ON main.provisionings;
DROP FUNCTION main.end_stale_offboarding();
DROP TABLE main.offboardings;

DROP TABLE main.tenant_export_data;
DROP TABLE main.tenant_export_chunks;
DROP TABLE main.tenant_export_parts;
DROP TABLE main.tenant_exports;

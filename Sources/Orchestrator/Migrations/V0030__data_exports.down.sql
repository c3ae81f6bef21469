DROP TABLE main.data_exports;

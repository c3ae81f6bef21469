DROP TABLE main.document_hashes;

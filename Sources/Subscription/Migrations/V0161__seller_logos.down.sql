DROP TABLE main.seller_logos;

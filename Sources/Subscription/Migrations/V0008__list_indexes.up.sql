-- Lists in the order of creation, newest first, end in the primary key: so do these indexes, and a page needs no sorting.
CREATE INDEX idx_subscriptions_created ON main.subscriptions (created_on DESC, id) WHERE NOT deleted;
CREATE INDEX idx_invoice_created ON main.invoice (created_on DESC, id) WHERE NOT deleted;

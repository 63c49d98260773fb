-- An order without confirmed_at is a job for src/worker.ts, from mail_after on.
ALTER TABLE orders
  ADD COLUMN mail_attempts int NOT NULL DEFAULT 0,
  ADD COLUMN mail_after timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN mail_refused text; -- what the mail relay said when it refused for good
CREATE INDEX orders_unconfirmed ON orders (mail_after) WHERE confirmed_at IS NULL AND mail_refused IS NULL;

-- Without their groups, replays that still wait to be delivered to late groups would reach all of them.
DELETE FROM main.messages WHERE groups IS NOT NULL
    AND NOT EXISTS (SELECT FROM main.deliveries WHERE deliveries.position = messages.position);
ALTER TABLE main.messages DROP COLUMN replay_of, DROP COLUMN groups;
DROP INDEX main.deliveries_dead_by_time;

-- What operators need: a list of dead letters in the order in which they were given up on, so that the lists of several groups
-- merge; and replays. An event that is published again names the original and, unless it is for all, the groups that get it.
CREATE INDEX deliveries_dead_by_time ON main.deliveries (group_name, settled_at) WHERE state = 2;
ALTER TABLE main.messages ADD COLUMN replay_of uuid, ADD COLUMN groups text[];
COMMENT ON COLUMN main.messages.replay_of IS 'the event that this one repeats for an operator';
COMMENT ON COLUMN main.messages.groups IS 'the only groups that get the replay; NULL: all that ask for its type';

-- An event that is published again for an operator names the original and, unless it is for all, the groups that get it.
ALTER TABLE main.messages ADD COLUMN replay_of uuid, ADD COLUMN groups text[];
COMMENT ON COLUMN main.messages.replay_of IS 'the event that this one repeats for an operator';
COMMENT ON COLUMN main.messages.groups IS 'the only groups that get the replay; NULL: all that ask for its type';

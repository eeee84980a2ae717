--@ publications and options
CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION a, b WITH (connect = false, slot_name = NONE);
--@ becomes
CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION b, c
    WITH (connect = false, slot_name = NONE, synchronous_commit = local);

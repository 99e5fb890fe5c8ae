-- What is read on a cluster: the records of all shards. Servers write to the shard that they are connected to.

CREATE TABLE IF NOT EXISTS {database}.record {on_cluster} AS {written}
ENGINE = Distributed({cluster}, {database}, record_local, record_id);

"""The nine instruments: pure measurements that each end in one sentence somebody can act on."""

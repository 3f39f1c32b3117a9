/** Keys of the advisory locks that servers on one database share. Their values are arbitrary and never change. */
export const COMMIT_LOCK = 7_027_443_001;
export const MIGRATION_LOCK = 7_027_443_002;
export const SWEEP_LOCK = 7_027_443_003;
export const PARTITION_LOCK = 7_027_443_004;
export const EVENTS_LOCK = 7_027_443_005;
export const SEARCH_LOCK = 7_027_443_006;

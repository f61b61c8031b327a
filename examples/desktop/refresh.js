// Reads an object by GET without losing to a notification that is newer.

/**
 * Makes a reader for one object of the server. `touched()` is to be called for each notification about it; `run()` reads
 * the object and hands it to `apply`, unless a notification came in between: then it reads again.
 */
export function reader(read, apply) {
  let version = 0;
  let runs = 0;
  return {
    touched() {
      version += 1;
    },
    async run() {
      runs += 1;
      const mine = runs;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const before = version;
        const object = await read();
        if (mine !== runs) {
          return;
        }
        if (before === version) {
          apply(object);
          return;
        }
      }
    },
  };
}

/** Each attempt that fails was overtaken by a notification, so what is shown is fresh all the same. */
const ATTEMPTS = 5;

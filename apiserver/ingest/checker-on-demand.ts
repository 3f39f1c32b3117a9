/** Reports after which it is worth its compilation: the time that Joi takes for some thousand of them. */
const WORTH = 100;

/**
 * The check of report-checker.ts once there are reports that it pays for; until then it says nothing, and Joi is asked. Its
 * library and its compilation were a sixth of what a start of a server took.
 */
export function checkerOnDemand(worth = WORTH): (report: unknown) => boolean {
  let asked = 0;
  let check = (_report: unknown): boolean => false;
  return (report) => {
    asked += 1;
    if (asked === worth) {
      // What cannot be loaded (files that are replaced under a running process) is not needed: Joi goes on.
      import('./report-checker.ts').then(
        ({ createReportChecker }) => {
          check = createReportChecker();
        },
        () => {},
      );
    }
    return check(report);
  };
}

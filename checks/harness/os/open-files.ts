/** A crowd of 200 takes three for each of its visitors, in the check and at its services; an app has the same limit. */
export const wantedOpenFiles = 1_024;

/** How many files and connections a process may have open here, as Node has raised it; undefined where nobody limits it. */
export function openFilesLimit(): number | undefined {
  if (process.platform === 'win32' || !process.report) return undefined;
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // It would look up names.
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  report.excludeNetwork = before;
  const limit = Number(userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? limit : undefined;
}

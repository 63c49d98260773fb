import { findOnPath } from '../../../checks/harness/os/command.ts';

/** A Chromium of this machine, which the tests of the report are run in; none is ever downloaded. */
export const chromiumPath =
  process.env.CHROMIUM_PATH ?? findOnPath(['chromium', 'chromium-browser', 'google-chrome'], process.env);

/** Set where a missing browser is a fault, as in .ci/run. */
export const chromiumIsWanted = Boolean(process.env.ENCORE_BROWSER_WANTED);

export const whyNoChromium = 'no chromium, chromium-browser or google-chrome is on PATH; CHROMIUM_PATH can name one';

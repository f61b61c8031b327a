// Makes the pictures of the README anew: the desktop page in a call, light and dark, and on a phone.
//
// Wants running servers and Chromium: `python3 examples/tests/interop/run.py screenshots` starts and names them.

import { fileURLToPath } from "node:url";

import { Desktop, addresses, launch } from "../tests/interop/desktop_page.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const DESK = { width: 1280, height: 1000 };
const SETTLE_MS = 1_500;
const PHONE = { width: 400, height: 1000 };

const browser = await launch();
try {
  const { secure } = addresses();
  // Colleagues, so that the team list has something to tell.
  const colleagues = [];
  for (const id of ["1001002", "1001003", "1001004"]) {
    const colleague = await Desktop.open(browser, secure);
    await colleague.signIn(id);
    colleagues.push(colleague);
  }
  const desktop = await Desktop.open(browser, secure, { viewport: DESK, deviceScaleFactor: 1.5, reducedMotion: "reduce" });
  await desktop.load();
  await picture(desktop, "desktop-sign-in", PHONE, "light");

  await desktop.signIn("1001001");
  await desktop.press("Ready");
  await desktop.waitForState("Ready");
  await desktop.press("Call me");
  await desktop.waitForCall("Ringing");
  // Ready only now: the call was to go to the desktop in the picture.
  for (const colleague of colleagues.slice(1)) {
    await colleague.press("Ready");
    await colleague.waitForState("Ready");
  }
  await picture(desktop, "desktop", DESK, "light");
  await picture(desktop, "desktop-phone", PHONE, "light");

  await desktop.press("Answer");
  await desktop.waitForCall("Active");
  await desktop.press("Hold");
  await desktop.waitForCall("Held");
  await picture(desktop, "desktop-dark", DESK, "dark");
  await desktop.press("Drop");
  await desktop.waitForState("Wrap-up");
} finally {
  await browser.close();
}

async function picture({ page }, name, viewport, colorScheme) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  // What is still being drawn, such as the flow panel, gets there in a moment.
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: `${HERE}${name}.png` });
  console.log(`examples/docs/${name}.png`);
}

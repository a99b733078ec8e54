"""A headless Chromium that reaches no network, and what it is asked about a page."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
AXE = TREE / "build/axe"
NPM_SECONDS = 120
REMEDY = "remedy: scripts/setup run test"
WIDTHS = (390, 1280)
THEMES = ("light", "dark")


def tool(name):
    """The path of a program; a machine without it fails, because a page nobody opened is not
    tested."""
    found = shutil.which(name)
    assert found, f"{name} is not installed\n  at: tests/browser\n  {REMEDY}"
    return found


def start(profile):
    """Chromium under its own profile; every name resolves to nothing."""
    options = webdriver.ChromeOptions()
    options.binary_location = tool("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--disable-background-networking", "--no-first-run",
                     "--disable-component-update", f"--user-data-dir={profile}",
                     "--host-resolver-rules=MAP * ~NOTFOUND", "--force-prefers-reduced-motion"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(tool("chromedriver")), options=options)
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(60)
    return driver


def axe_source():
    """axe-core as the lock file pins it, installed once into the build folder."""
    pinned = json.loads((HERE / "package.json").read_text())["devDependencies"]["axe-core"]
    package = AXE / "node_modules/axe-core/package.json"
    if not package.is_file() or json.loads(package.read_text())["version"] != pinned:
        AXE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / name, AXE / name)
        done = subprocess.run(
            [tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=AXE,
            capture_output=True, text=True, timeout=NPM_SECONDS, check=False)
        assert done.returncode == 0, (f"npm ci failed: {done.stderr[-600:]}\n  at: {AXE}\n  "
                                      "remedy: run it once with a network")
    return (AXE / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


class View:
    """One page in the browser; `url` is a file."""

    def __init__(self, driver, path, axe=""):
        self.driver, self.url, self.axe = driver, Path(path).resolve().as_uri(), axe

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, width=1280, theme="light", height=900):
        """A fresh visit: no remembered theme, no old log, screen media."""
        self.cdp("Emulation.setEmulatedMedia", media="")
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get(self.url + (f"?theme={theme}" if theme else ""))
        return self

    def forget(self):
        self.driver.get(self.url)
        self.run("localStorage.clear()")

    def until(self, script, seconds=3.0):
        """Whether a script's value becomes true in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(script):
                return True
            time.sleep(0.02)
        return False

    def type(self, selector, text):
        """Replaces what stands in a field, as a person does."""
        field = self.driver.find_element("css selector", selector)
        field.clear()
        field.send_keys(text)
        self.run("arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", field)

    def unfold(self):
        self.run("document.querySelectorAll('details').forEach((d) => { d.open = true; });"
                 "document.querySelectorAll('.open button[aria-expanded=false]')"
                 ".forEach((b) => b.click());")

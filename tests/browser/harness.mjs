// Turns a program that serves pages into facts about them, as a browser sees them: starts both, checks, and ends both.
//
// `cargo xtask browser NAME` builds the example NAME and runs `node harness.mjs NAME PROGRAM PICTURES`, which reads the facts
// from NAME.mjs beside this file. CHROMIUM is the browser. What such a file looks like:
//
//     import assert from 'node:assert/strict';
//
//     export default async function ({ serve, fact, open, folder }) {
//         const origin = await serve();
//         await fact('the page names itself', async () => {
//             const page = await open(`${origin}/`, { width: 400, dark: true });
//             assert.equal(await page.$eval('h1', (h1) => h1.textContent), 'Orders');
//             await page.picture('orders');
//         });
//     }
//
// - `serve(...words)` runs `PROGRAM --serve WORDS…`, waits until it prints `listening on ADDR` or `http://ADDR/`, and gives `http://ADDR`. At the
//   end the program is sent SIGTERM, and that it ends well is a fact, too.
// - `fact(name, check)` runs `check`; what it throws is a fault, and so are the complaints of the pages that it opened: an error or
//   a warning on the console, an exception in a script, a request to anywhere but the page's own origin.
// - `open(url, { width = 1200, dark = false, below })` gives a page of puppeteer in a window and a mode of its own; it is closed with
//   the fact. A page from a file may ask for that file alone, or for those below the folder `below`. `page.picture(name)` writes PICTURES/NAME-name-WIDTH-MODE.png, and throws if the page is wider than its window.
// - `draw(...words)` runs `PROGRAM WORDS… --timeline FILE` and gives the address of the page that it leaves in `folder`: a file, which may
//   ask for nothing at all.
// - `folder` is empty at the start and gone at the end. `run(program, ...words)` gives what another program prints.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import puppeteer from 'puppeteer-core';

// For whatever takes a moment: against hanging, nothing more.
const PATIENCE = 20_000;

const [name, program, pictures] = process.argv.slice(2);
const scratch = await mkdtemp(join(tmpdir(), 'wheelwright-browser-'));
const folder = join(scratch, 'folder');
const counts = { passed: 0, failed: 0 };
const pages = [];
const servers = [];
let browser;

async function fact(what, check) {
    let fault;
    try {
        await check();
    } catch (error) {
        fault = error.stack;
    }
    for (const page of pages.splice(0)) {
        if (page.complaints.length > 0) fault = [fault, ...page.complaints].filter(Boolean).join('\n');
        await page.browserContext().close();
    }
    counts[fault ? 'failed' : 'passed'] += 1;
    console.log(`${name}: ${what} ... ${fault ? `FAILED\n${fault}` : 'ok'}`);
}

async function serve(...words) {
    const server = spawn(program, ['--serve', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    servers.push(server);
    for await (const line of createInterface(server.stdout)) {
        const addr = line.match(/^(?:listening on |http:\/\/)([^\s/]+)\/?$/)?.[1];
        if (addr) {
            server.stdout.resume(); // what it prints from here on is read by nobody, and must not stop it
            return `http://${addr}`;
        }
    }
    throw new Error(`${program} ended, and never said on what it listens`);
}

async function open(url, { width = 1200, dark = false, below = null } = {}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    pages.push(page);
    page.complaints = [];
    page.setDefaultTimeout(PATIENCE);
    const isPhone = width < 600;
    await page.setViewport({ width, height: 800, isMobile: isPhone, hasTouch: isPhone });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    watch(page, new URL(url), below);
    page.picture = async (what) => {
        const needed = await page.evaluate(() => document.documentElement.scrollWidth);
        const path = join(pictures, `${name}-${what}-${width}-${dark ? 'dark' : 'light'}.png`);
        await page.screenshot({ path, fullPage: true });
        assert(needed <= width, `${what} is ${needed} pixels wide, and the window ${width}`);
    };
    await page.goto(url);
    return page;
}

function watch(page, own, below) {
    const complain = (what) => page.complaints.push(`${page.url()}: ${what}`);
    page.on('console', (message) => {
        if (['error', 'warn'].includes(message.type())) complain(`the console says: ${message.text()}`);
    });
    page.on('pageerror', (error) => complain(`a script threw: ${error}`));
    page.on('request', (request) => {
        const { protocol, origin, pathname } = new URL(request.url());
        // All files have one origin.
        const isOwnFile = below ? pathname.startsWith(below.pathname) : pathname === own.pathname;
        const isOwn = protocol === 'file:' ? isOwnFile : origin === own.origin;
        if (protocol !== 'data:' && !isOwn) complain(`a request to ${request.url()}`);
    });
}

async function ended(server) {
    const exit = server.exitCode === null ? once(server, 'exit') : [server.exitCode];
    server.kill('SIGTERM');
    const late = setTimeout(() => server.kill('SIGKILL'), PATIENCE);
    const [code, signal] = await exit;
    clearTimeout(late);
    assert.equal(code, 0, `it ended with ${code ?? signal}`);
}

const run = async (...command) => (await promisify(execFile)(command[0], command.slice(1), { timeout: PATIENCE })).stdout;

async function draw(...words) {
    const file = join(folder, 'timeline.html');
    await run(program, ...words, '--timeline', file);
    return pathToFileURL(file).href;
}

// Whoever waits no longer finds nothing left behind.
process.once('SIGTERM', () => {
    for (const server of servers) server.kill('SIGKILL');
    if (browser) process.kill(-browser.process().pid, 'SIGKILL'); // and its own children: they are a group
    rmSync(scratch, { recursive: true, force: true, maxRetries: 9, retryDelay: 100 });
    console.log(`${name}: FAILED\nit did not end in time`);
    process.exit(1);
});

try {
    for (const made of [folder, pictures]) await mkdir(made, { recursive: true });
    const flags = ['--no-sandbox', '--disable-dev-shm-usage', '--hide-scrollbars'];
    browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: flags, userDataDir: join(scratch, 'profile') });
    const { default: facts } = await import(`./${name}.mjs`);
    await facts({ serve, draw, fact, open, run, folder });
} catch (error) {
    counts.failed += 1;
    console.log(`${name}: FAILED\n${error.stack}`);
}
for (const server of servers) await fact('SIGTERM ends the program well', () => ended(server));
await browser?.close();
await rm(scratch, { recursive: true, maxRetries: 5 });
console.log(`test result: ${counts.failed ? 'FAILED' : 'ok'}. ${counts.passed} passed; ${counts.failed} failed`);
process.exitCode = counts.failed ? 1 : 0;

// Turns the page of a recorded run into facts: opened from a file, clicked, stepped by keys, embedded, and with 100,000 slices.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';

const LOOKS = [1200, 400].flatMap((width) => [false, true].map((dark) => ({ width, dark })));
// What is promised of large pages, and how often they may take the time that is promised: on a machine that does other things, too.
const LARGE = [
    { slices: 100_000, bytes: 1_500_000, opens: 1_000, frame: 16 },
    { slices: 1_000_000, bytes: 12_000_000, opens: 10_000, frame: 33 },
];
const PATIENCE = 10;
// So many bars are drawn in a frame at most, however many slices there are: two for each column of two pixels, in each row in sight.
const MOST_BARS = 25_000;
const [LAP_START, LAP_END, POLL_START, POLL_END, WAKE, SPAWN] = [0, 1, 3, 4, 5, 7];

const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
const isReady = (page) => page.waitForSelector('html[data-ready=yes]');
const cursor = (page) => page.evaluate(() => globalThis.viewer.cursor);

/// A number of seven bits a byte, as the page's columns have it.
function varint(bytes, number) {
    while (number >= 128) {
        bytes.push((number % 128) + 128);
        number = Math.floor(number / 128);
    }
    bytes.push(number);
}

/// A page with other events.
function filled(page, events, names = {}) {
    const bytes = [];
    for (const column of ['kind', 'flags', 'place', 'task', 'a', 'b', 'passed']) events.forEach((event) => varint(bytes, event[column]));
    const head = { version: 1, paused: false, dropped: 0, count: events.length, marks: [], names, waits: ['something'], places: [null] };
    head.base = { lap: 0, running: null, ready: [], batch: [], tasks: [], timers: [], sources: [], jobs: [], parked: false };
    const put = (page, id, text) => page.replace(new RegExp(`(<script type="[^"]*" id="${id}">)[^<]*`), (_, tag) => tag + text);
    return put(put(page, 'head', JSON.stringify(head)), 'events', deflateRawSync(Buffer.from(bytes)).toString('base64'));
}

/// Tasks that are polled by turns: a slice of the thread for each poll, and running, parked, ready.
function turns(tasks, laps, length) {
    const events = [];
    const add = (kind, task = 0, a = 0, b = 0, passed = 0) => events.push({ kind, flags: 0, place: 0, task, a, b, passed });
    for (let task = 1; task <= tasks; task++) add(SPAWN, task, 0, task + 2 * 2 ** 32);
    for (let lap = 0; lap < laps; lap++) {
        add(LAP_START, 0, 1, tasks);
        for (let task = 1; task <= tasks; task++) {
            add(POLL_START, task, 0, 0, 100);
            add(POLL_END, task, 0, 0, length(task, lap));
        }
        add(LAP_END);
        for (let task = 1; task <= tasks; task++) add(WAKE, task, 0, 0, 10);
    }
    return events;
}

const large = (page, slices) => filled(page, turns(50, slices / 4 / 50, (task, lap) => 900 + ((task * lap) % 700)));

/// A run in which the second of three tasks holds the thread: for 30 ms, and later for 8 ms.
function blocked(page) {
    const held = { 200: 30_000_000, 500: 8_000_000 };
    const events = turns(3, 900, (task, lap) => (task === 2 && held[lap]) || 50_000);
    return filled(page, events, { 2: 'culprit', 3: 'victim' });
}

export default async function ({ draw, fact, open, folder }) {
    const url = await draw();

    for (const look of LOOKS) {
        await fact(`the page opens from a file and fits, ${look.width} wide, ${look.dark ? 'dark' : 'light'}`, async () => {
            const page = await open(url, look);
            await isReady(page);
            assert.equal(await text(page, 'h1'), 'gather');
            assert.match(await text(page, '.summary'), /tasks and \d+ polls/);
            await page.picture('whole');
        });
    }

    await fact('a click on the thread shows what happened there, and the address names it', async () => {
        const page = await open(url);
        await isReady(page);
        const box = await (await page.$('#canvas')).boundingBox();
        await page.mouse.click(box.x + box.width * 0.6, box.y + 40);
        assert.notEqual(await cursor(page), 0);
        assert.match(await text(page, '#sentence'), /\w.*\.$/);
        assert.equal(new URL(page.url()).hash, `#e=${await cursor(page)}`);
    });

    await fact('every event is reached by the keyboard alone, with the state after it', async () => {
        const page = await open(url);
        await isReady(page);
        await page.focus('#step summary');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Home');
        const count = await page.evaluate(() => globalThis.viewer.trace.count);
        const steps = Math.min(count - 1, 60);
        const sentences = new Set();
        for (let at = 1; at <= steps; at++) {
            await page.keyboard.press('ArrowRight');
            assert.equal(await cursor(page), at);
            assert.equal(await text(page, '#state h3'), `Event ${at + 1} of ${count}`);
            sentences.add(await text(page, '#sentence'));
        }
        assert(steps / 4 < sentences.size, `${sentences.size} sentences in ${steps} steps`);
        await page.keyboard.press('ArrowLeft');
        assert.equal(await cursor(page), steps - 1);
        await page.keyboard.press('End');
        assert.equal(await cursor(page), count - 1);
        await page.keyboard.press(',');
        assert.match(await text(page, '#sentence'), /is polled\.$/);
        await page.keyboard.press('[');
        assert.match(await text(page, '#sentence'), /^Lap \d+ begins/);
    });

    await fact('a deep link opens the page at its event', async () => {
        const page = await open(`${url}#e=12`);
        await isReady(page);
        assert.equal(await cursor(page), 12);
        assert.match(await text(page, '#state h3'), /^Event 13 of /);
    });

    await fact('an embedded page is the timeline without its head', async () => {
        const page = await open(`${url}?embed=1#e=3`, { width: 400 });
        await isReady(page);
        const isSeen = (selector) => page.$eval(selector, (element) => element.checkVisibility());
        assert.deepEqual([await isSeen('header'), await isSeen('.help'), await isSeen('#canvas')], [false, false, true]);
        await page.picture('embedded');
    });

    await fact('without scripts there is a table of the tasks, and a picture', async () => {
        const page = await open('about:blank');
        await page.setJavaScriptEnabled(false);
        const source = await readFile(new URL(url), 'utf8');
        await page.setContent(source);
        assert.notEqual((await page.$$('#table tr')).length, 0);
        assert.notEqual(await page.$('svg'), null);
        const isSeen = (selector) => page.$eval(selector, (element) => element.checkVisibility());
        assert.deepEqual([await isSeen('nav'), await isSeen('#frame'), await isSeen('svg')], [false, false, true]);
        await page.picture('no-script');
    });

    await fact('a poll that holds the thread is named, with who had to wait, and stands out', async () => {
        await writeFile(`${folder}/blocked.html`, blocked(await readFile(new URL(url), 'utf8')));
        const page = await open(new URL('blocked.html', url).href);
        await isReady(page);
        const found = await page.$$eval('#findings button', (buttons) => buttons.map((button) => button.textContent));
        assert.equal(found.length, 1);
        assert.match(found[0], /^Task 2 ‘culprit’ held the thread for 30 ms in one poll: task 3 ‘victim’ was kept waiting for 30 ms\. It did so once more, for 38 ms in all\./);
        const legend = await page.$$eval('#legend i', (marks) => marks.map((mark) => mark.className));
        assert.deepEqual([legend.includes('slow'), legend.includes('panicked')], [true, false]);
        await page.picture('blocked');
    });

    await fact('where nothing stands out, the page says so', async () => {
        const page = await open(url);
        await isReady(page);
        assert.match(await text(page, '#none'), /^Nobody panicked\./);
    });

    await fact('what is worth a look, the window and the search are reached by keys alone, and what has them is seen', async () => {
        await writeFile(`${folder}/blocked.html`, blocked(await readFile(new URL(url), 'utf8')));
        const page = await open(new URL('blocked.html', url).href);
        await isReady(page);
        const window = () => page.evaluate(() => [globalThis.viewer.view.from, globalThis.viewer.view.to]);
        const selected = () => page.evaluate(() => globalThis.viewer.selected?.id ?? null);
        const whole = await window();

        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.closest('ul')?.id), 'findings');
        await page.keyboard.press('Enter');
        const culprit = await cursor(page);
        const near = await window();
        assert.equal(await selected(), 2);
        assert(whole[0] < near[0] && near[1] < whole[1], `${near} in ${whole}`);

        for (const [key, isSo] of [
            ['+', (now, before) => before[0] < now[0] && now[1] < before[1]],
            ['d', (now, before) => before[0] < now[0] && before[1] < now[1]],
            ['a', (now, before) => now[0] < before[0] && now[1] < before[1]],
            ['-', (now, before) => now[0] < before[0] && before[1] < now[1]],
            ['0', (now) => now[0] === whole[0] && now[1] === whole[1]],
        ]) {
            const before = await window();
            await page.keyboard.press(key);
            assert(isSo(await window(), before), `${key}: from ${before} to ${await window()}`);
        }

        await page.keyboard.press('End');
        await page.keyboard.press('n');
        assert.equal(await cursor(page), culprit);
        await page.keyboard.press('ArrowDown');
        assert.equal(await selected(), 3);
        await page.keyboard.press('Escape');
        assert.equal(await selected(), null);
        await page.keyboard.press('/');
        await page.keyboard.type('culp');
        assert.equal(await text(page, '#count'), '1 of 3 tasks');
        await page.keyboard.press('Enter');
        assert.deepEqual([await selected(), await page.evaluate(() => document.activeElement.id)], [2, 'scroller']);

        const stops = new Set();
        for (let tabs = 0; tabs < 30; tabs++) {
            await page.keyboard.press('Tab');
            const [name, outline] = await page.evaluate(() => {
                const { activeElement: at } = document;
                const place = [...document.querySelectorAll('*')].indexOf(at);
                return [`${at.tagName} ${place}`, getComputedStyle(at).outlineStyle];
            });
            if (name.startsWith('BODY')) continue; // all around
            assert.notEqual(outline, 'none', `nobody sees that ${name} has the keys`);
            stops.add(name);
        }
        assert.equal(stops.size, 12, [...stops].join(', '));
    });

    await fact('nothing moves by itself for those who want that', async () => {
        const page = await open(url);
        await isReady(page);
        const behaviour = () => page.$eval('#scroller', (scroller) => getComputedStyle(scroller).scrollBehavior);
        assert.equal(await behaviour(), 'smooth');
        await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
        assert.equal(await behaviour(), 'auto');
    });

    await fact('within a frame of another page, the picture and what happened have room', async () => {
        await writeFile(`${folder}/many.html`, filled(await readFile(new URL(url), 'utf8'), turns(40, 9, () => 1000)));
        const many = new URL('many.html', url).href;
        const page = await open(many, { width: 760 });
        await isReady(page);
        await page.evaluate((source) => {
            document.body.innerHTML = `<iframe src="${source}" width="700" height="460"></iframe>`;
        }, `${many}?embed=1#e=12`);
        const frame = await page.waitForFrame((frame) => frame.url().includes('embed=1'));
        await frame.waitForSelector('html[data-ready=yes]');
        const bottom = (selector) => frame.$eval(selector, (element) => element.getBoundingClientRect().bottom);
        assert.equal(await frame.evaluate(() => globalThis.viewer.cursor), 12);
        assert((await bottom('#sentence')) <= 460, 'the sentence is out of sight');
        assert((await frame.evaluate(() => document.documentElement.scrollWidth)) <= 700);
    });

    await fact('a frame that hears how high the run is shows all of it, and follows the page around it into the dark', async () => {
        const page = await open(url);
        await isReady(page);
        await page.evaluate((source) => {
            document.body.innerHTML = `<iframe src="${source}" width="700" height="300"></iframe>`;
            const frame = document.querySelector('iframe');
            globalThis.told = [];
            addEventListener('message', ({ source, data }) => {
                if (source !== frame.contentWindow) return;
                globalThis.told.push(data.heightOfRun);
                frame.height = data.heightOfRun;
            });
        }, `${url}?embed=1`);
        const frame = await page.waitForFrame((frame) => frame.url().includes('embed=1'));
        await frame.waitForSelector('html[data-ready=yes]');
        const heard = (isSo) => page.waitForFunction(isSo);
        const rest = () => frame.evaluate(() => document.documentElement.scrollHeight - innerHeight);
        await heard('0 < globalThis.told.length');
        assert.equal(await rest(), 0, 'something of it is out of sight');
        const closed = await page.evaluate(() => globalThis.told.at(-1));
        await frame.click('#step summary');
        await heard(`${closed} + 100 < globalThis.told.at(-1)`);
        for (let at = 0; at < 60; at++) await frame.click('[data-act=next]');
        const opened = await page.evaluate((closed) => globalThis.told.filter((height) => closed < height), closed);
        assert.deepEqual(opened, opened.toSorted((one, other) => one - other), 'the page jumped back at a step');
        assert((await rest()) <= 0, 'something of it is out of sight');
        const ground = () => frame.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
        const light = await ground();
        await page.evaluate(() => document.querySelector('iframe').contentWindow.postMessage({ scheme: 'dark' }, '*'));
        await frame.waitForFunction((light) => getComputedStyle(document.documentElement).backgroundColor !== light, {}, light);
    });

    await fact('step by step, each thing has its shape of the drawings', async () => {
        const page = await open(`${url}#e=0`);
        await isReady(page);
        const seen = new Set();
        const count = await page.evaluate(() => globalThis.viewer.trace.count);
        for (let at = 0; at < count; at++) {
            const shapes = await page.$$eval('#state .chip, #state ul, #state i, #state .panel.kernel', (things) =>
                things.map((thing) => {
                    const { borderTopStyle, borderBottomStyle } = getComputedStyle(thing);
                    const colour = getComputedStyle(thing).getPropertyValue('--of');
                    return `${thing.tagName} ${thing.className} ${borderTopStyle} ${borderBottomStyle} ${colour}`;
                }),
            );
            shapes.forEach((shape) => seen.add(shape));
            await page.keyboard.press('ArrowRight');
        }
        const colours = await page.evaluate(() => Object.fromEntries(['task', 'ready', 'parked', 'waker', 'source', 'kernel'].map((name) => [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)])));
        for (const [shape, colour] of [
            ['SPAN chip task solid solid', 'task'],
            ['SPAN chip ready solid solid', 'ready'],
            ['SPAN chip parked dashed dashed', 'parked'],
            ['UL tray none solid', 'ready'],
            ['SECTION panel wide kernel solid solid', 'kernel'],
            ['I waker none none', 'waker'],
            ['I wake none none', 'waker'],
            ['I timer none none', 'source'],
        ]) {
            assert(seen.has(`${shape} ${colours[colour]}`), `no ${shape} of ${colours[colour]} in ${[...seen].join('; ')}`);
        }
    });

    for (const promised of LARGE) {
        await fact(`a page of ${promised.slices} slices is small, opens and draws`, async () => {
            const source = large(await readFile(new URL(url), 'utf8'), promised.slices);
            await writeFile(`${folder}/large.html`, source);
            const begun = performance.now();
            const page = await open(new URL('large.html', url).href);
            await isReady(page);
            const opens = performance.now() - begun;
            const { slices, frames, bars } = await page.evaluate(drawOften);
            const frame = Math.max(...frames);
            console.log(
                `${slices} slices: ${source.length} bytes, open in ${opens.toFixed(0)} ms; of ${frames.length} frames the median took ${frames[frames.length >> 1]} ms, the slowest ${frame} ms; ${bars} bars at most`,
            );
            assert(promised.slices <= slices, `${slices} slices`);
            assert(source.length <= promised.bytes, `${source.length} bytes`);
            assert(opens < PATIENCE * promised.opens, `open in ${opens} ms`);
            assert(frame < PATIENCE * promised.frame, `a frame took ${frame} ms`);
            assert(bars <= MOST_BARS, `${bars} bars in a frame`);
        });
    }
}

/// In the page: a hundred frames, closer and wider and to the sides, and what they took.
async function drawOften() {
    const { viewer } = globalThis;
    const acts = ['whole', ...Array(12).fill('closer'), 'left', 'right', 'right', 'next', ...Array(8).fill('wider')];
    const frames = [];
    let bars = 0;
    for (let i = 0; i < 100; i++) {
        viewer.act(acts[i % acts.length]);
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        frames.push(Number(viewer.canvas.dataset.drawnIn));
        bars = Math.max(bars, Number(viewer.canvas.dataset.bars));
    }
    const { thread, tasks } = viewer.lanes;
    const slices = [thread, ...tasks].reduce((sum, lane) => sum + lane.starts.length, 0);
    return { slices, frames: frames.sort((one, other) => one - other), bars };
}

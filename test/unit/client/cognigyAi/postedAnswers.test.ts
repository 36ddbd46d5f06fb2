import fc from 'fast-check';

import { PostedAnswers, type Delivery } from '../../../../client/cognigyAi/postedAnswers';
import type { FlowOutput } from '../../../../client/types';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';

const NODE = 'workflow:node:webhook';
const key = { account: 'webhook', sessionId: NODE };
const PAUSE_MS = 5_000;

const output = (text: string, notes: object = {}): FlowOutput => ({
	text,
	data: { _cognigy: notes },
	traceId: 't-1',
	source: 'bot',
});
const chunk = (text: string, notes: object = {}) => output(text, { _messageId: 'm-1', ...notes });
const end = chunk('', { _finishReason: 'stop' });
const post = (...outputs: FlowOutput[]) => ({ userId: 'u', sessionId: 's', outputs });

const textsOf = (deliveries: readonly Delivery[]) =>
	deliveries.map(({ outputs }) => outputs.map(({ text }) => text).join(''));

let registry: MemoryRegistry;
let clock: FakeClock;
let warnings: string[];

beforeEach(() => {
	registry = new MemoryRegistry();
	clock = new FakeClock();
	warnings = [];
});

const process = () => new PostedAnswers({ registry, clock, onWarning: (message) => warnings.push(message) });
const staged = async () => (await registry.stagedBatches(key, NODE)).length;

it('writes a chunk down before it is taken, and lets go of it when the answer was put out', async () => {
	const answers = process();
	await answers.take(NODE, post(chunk('a ')));
	expect(await staged()).toBe(1);
	const { deliveries } = await answers.take(NODE, post(end));
	expect(textsOf(deliveries)).toEqual(['a ']);
	expect(await staged()).toBe(2);
	await deliveries[0]?.done();
	expect(await staged()).toBe(0);
});

it('gives an answer without an end to the call that began it, after a pause', async () => {
	const answers = process();
	const { rest } = await answers.take(NODE, post(chunk('a ')));
	await clock.advance(PAUSE_MS - 1);
	expect((await answers.take(NODE, post(chunk('b')))).rest).toBeUndefined();
	await clock.advance(PAUSE_MS);
	expect(textsOf([await rest].filter((delivery) => delivery !== undefined))).toEqual(['a b']);
	expect(answers.isCollecting(NODE)).toBe(false);
});

describe('an answer that ends with a pause', () => {
	it('is put out by a call, which n8n confirms, and not by the one that began it', async () => {
		const answers = process();
		let byCall: Delivery[] = [];
		await answers.begin(NODE, async () => void (byCall = await answers.overdue(NODE)));
		const { rest } = await answers.take(NODE, post(chunk('a ')));
		await clock.advance(PAUSE_MS);

		expect(textsOf(byCall)).toEqual(['a ']);
		expect(await rest).toBeUndefined();
		expect(await staged()).toBe(1);
		await byCall[0]?.done();
		expect(await staged()).toBe(0);
	});

	it('is put out once when a call comes while it is handed to the one that began it', async () => {
		const answers = process();
		const { rest } = await answers.take(NODE, post(chunk('a ')));
		const advance = clock.advance(PAUSE_MS);
		const byCall = await answers.overdue(NODE);
		await advance;
		expect(textsOf([...byCall, await rest].filter((delivery) => delivery !== undefined))).toEqual(['a ']);
	});

	it('waits on when n8n could not take it', async () => {
		const answers = process();
		let calls = 0;
		await answers.begin(NODE, async () => {
			calls += 1;
			for (const { failed } of await answers.overdue(NODE)) failed();
		});
		const { rest } = await answers.take(NODE, post(chunk('a ')));
		await clock.advance(PAUSE_MS);
		expect(await rest).toBeUndefined();
		await clock.advance(PAUSE_MS);
		expect(calls).toBe(2);
		expect(textsOf((await answers.take(NODE, post(output('Next.')))).deliveries)).toEqual(['a ', 'Next.']);
	});
});

it('tells when what a crash left is due, and gives it once', async () => {
	await process().take(NODE, post(chunk('left ')));
	const answers = process();
	let isDue = false;
	await answers.begin(NODE, async () => void (isDue = true));
	expect(await answers.overdue(NODE)).toEqual([]);
	await clock.advance(PAUSE_MS);
	expect(isDue).toBe(true);
	expect(textsOf(await answers.overdue(NODE))).toEqual(['left ']);
	expect(await answers.overdue(NODE)).toEqual([]);
});

it('puts an answer together whichever process took which chunk', async () => {
	const [one, other] = [process(), process()];
	const { rest } = await one.take(NODE, post(chunk('a ')));
	await other.take(NODE, post(chunk('b ')));
	await one.take(NODE, post(chunk('c ')));
	const { deliveries } = await other.take(NODE, post(end));
	expect(textsOf(deliveries)).toEqual(['a b c ']);
	await deliveries[0]?.done();
	await clock.advance(PAUSE_MS);
	expect(await rest).toBeUndefined();
});

it('waits on while another process gets chunks of it', async () => {
	const [one, other] = [process(), process()];
	const { rest } = await one.take(NODE, post(chunk('a ')));
	let isOver = false;
	void rest?.then(() => (isOver = true));
	await clock.advance(PAUSE_MS - 1);
	await other.take(NODE, post(chunk('b ')));
	await clock.advance(PAUSE_MS - 1);
	await settle();
	expect(isOver).toBe(false);
});

it('collects in memory, with a warning, while the registry does not work', async () => {
	const answers = process();
	registry.breakDown('stage', 'stagedBatches', 'recordDelivered');
	await answers.take(NODE, post(chunk('a ')));
	const { deliveries } = await answers.take(NODE, post(chunk('b'), end));
	expect(textsOf(deliveries)).toEqual(['a b']);
	await deliveries[0]?.done();
	expect(warnings).not.toEqual([]);
});

it('keeps what n8n could not take', async () => {
	const answers = process();
	const { deliveries } = await answers.take(NODE, post(chunk('a '), chunk('b'), end));
	deliveries[0]?.failed();
	expect(textsOf((await answers.take(NODE, post(output('Next.')))).deliveries)).toEqual(['a b', 'Next.']);
});

it('gives any answer in any pieces once, over any crashes, with an end or without', async () => {
	const pieces = fc.array(fc.constantFrom('a', 'a ', '| ', '\n', '2'), { minLength: 1, maxLength: 25 });
	const crashes = fc.array(fc.nat({ max: 30 }), { maxLength: 5 });
	await fc.assert(
		fc.asyncProperty(pieces, crashes, fc.boolean(), fc.boolean(), async (texts, crashesAt, hasEnd, isDone) => {
			registry = new MemoryRegistry();
			clock = new FakeClock();
			const given: Delivery[] = [];
			let answers = process();
			let rest: Promise<Delivery | undefined> | undefined;
			const outputs = [...texts.map((text) => chunk(text)), ...(hasEnd ? [end] : [])];
			for (const [index, one] of outputs.entries()) {
				if (crashesAt.includes(index)) {
					// The clock of the one that crashed stands still: what it would still do, it does not.
					clock = new FakeClock();
					answers = process();
					rest = undefined;
					await answers.begin(NODE, async () => {});
				}
				const taken = await answers.take(NODE, post(one));
				rest = taken.rest ?? rest;
				given.push(...taken.deliveries);
			}
			if (!hasEnd) {
				await clock.advance(PAUSE_MS);
				const left = rest ? [await rest] : await answers.overdue(NODE);
				given.push(...left.filter((delivery) => delivery !== undefined));
			}
			expect(textsOf(given)).toEqual([texts.join('')]);
			if (isDone) await Promise.all(given.map(async ({ done }) => await done()));
			if (isDone) expect(await staged()).toBe(0);
		}),
		{ numRuns: 100 },
	);
});

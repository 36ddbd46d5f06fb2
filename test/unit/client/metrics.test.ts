import fc from 'fast-check';

import { Metrics } from '../../../client/metrics';
import { inject, status } from '../../support/sandboxFaults';
import { callOptions, startInput, v1Setup, versionsInput } from '../../support/v1';
import { closeSetups } from '../../support/setups';

/** What two significant figures may be off. */
const PRECISION = 0.01;

const nothing = {
	totalRequests: 0,
	successCount: 0,
	errorCount: 0,
	totalLatencyMs: 0,
	latencyMs: { p50: 0, p95: 0, p99: 0, max: 0 },
	errorsByCategory: {},
};

describe('metrics', () => {
	it('are all zero at first', () => {
		expect(new Metrics().snapshot()).toEqual(nothing);
	});

	it('count successes and errors, the latter by category', () => {
		const metrics = new Metrics();
		metrics.record(10);
		metrics.record(20);
		metrics.record(30, 'timeout');
		metrics.record(40, 'network');
		metrics.record(50, 'timeout');

		expect(metrics.snapshot()).toMatchObject({
			totalRequests: 5,
			successCount: 2,
			errorCount: 3,
			totalLatencyMs: 150,
			errorsByCategory: { timeout: 2, network: 1 },
		});
	});

	it('are a snapshot: what comes later does not change it', () => {
		const metrics = new Metrics();
		metrics.record(10, 'server');
		const before = metrics.snapshot();
		metrics.record(10, 'server');

		expect(before).toMatchObject({ totalRequests: 1, errorsByCategory: { server: 1 } });
	});

	it('tell percentiles', () => {
		const metrics = new Metrics();
		for (let latency = 100; latency >= 1; latency--) metrics.record(latency);

		const { p50, p95, p99, max } = metrics.snapshot().latencyMs;
		expect([p50, p95, p99, max]).toEqual([50, 95, 99, 100]);
	});

	it('tell percentiles near those of all latencies, however many there are', () => {
		const latencies = fc.array(fc.integer({ min: 1, max: 3_600_000 }), { minLength: 1, maxLength: 300 });
		fc.assert(
			fc.property(latencies, (recorded) => {
				const metrics = new Metrics();
				for (const latency of recorded) metrics.record(latency);
				const sorted = [...recorded].sort((a, b) => a - b);
				/** The latency at a place in the order; a place between two may be counted to either. */
				const at = (place: number) => sorted[Math.min(Math.max(place, 1), sorted.length) - 1] ?? NaN;
				const { latencyMs, totalLatencyMs } = metrics.snapshot();

				for (const [told, share] of [
					[latencyMs.p50, 50],
					[latencyMs.p95, 95],
					[latencyMs.p99, 99],
				] as const) {
					const place = (share / 100) * sorted.length;
					expect(told).toBeGreaterThanOrEqual(at(Math.floor(place)) * (1 - PRECISION) - 1);
					expect(told).toBeLessThanOrEqual(at(Math.ceil(place)) * (1 + PRECISION) + 1);
				}
				expect(Math.abs(latencyMs.max - at(sorted.length))).toBeLessThanOrEqual(at(sorted.length) * PRECISION + 1);
				expect(totalLatencyMs).toBe(recorded.reduce((sum, latency) => sum + latency, 0));
			}),
		);
	});

	it('take what no clock should say', () => {
		const metrics = new Metrics();
		for (const latency of [0, 0.4, -5, 10 * 24 * 60 * 60 * 1000]) metrics.record(latency);

		expect(metrics.snapshot()).toMatchObject({ totalRequests: 4 });
		expect(metrics.snapshot().latencyMs.p50).toBeGreaterThanOrEqual(0);
	});

	it('stay the same size in memory', () => {
		const metrics = new Metrics();
		for (let call = 0; call < 200_000; call++) metrics.record(call % 5_000, call % 3 === 0 ? 'server' : undefined);

		expect(metrics.snapshot().totalRequests).toBe(200_000);
		expect(JSON.stringify(metrics.snapshot()).length).toBeLessThan(300);
	});
});

describe('the metrics of a client', () => {
	afterEach(closeSetups);

	it('count operations, not requests: with all attempts, refusals and stops', async () => {
		const { sandbox, client } = await v1Setup();
		expect(client.metrics()).toEqual(nothing);

		await client.validateVersion(versionsInput, callOptions);
		inject(sandbox, 'versions', status(503, { times: 2 }));
		await client.validateVersion(versionsInput, callOptions);
		await client.triggerFlow(startInput, callOptions);
		inject(sandbox, 'start', status(404));
		await client.triggerFlow(startInput, callOptions).catch(() => {});
		await client.triggerFlow({ ...startInput, botId: '' }, callOptions).catch(() => {});
		await client.triggerFlow(startInput, { ...callOptions, signal: AbortSignal.abort() }).catch(() => {});

		expect(client.metrics()).toMatchObject({
			totalRequests: 6,
			successCount: 3,
			errorCount: 3,
			errorsByCategory: { notFound: 1, invalidInput: 1, cancelled: 1 },
		});
	});

	it('tell how long operations took, pauses included', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', status(429, { headers: { 'retry-after': '4' } }));
		await client.validateVersion(versionsInput, callOptions);

		const { totalLatencyMs, latencyMs } = client.metrics();
		expect(totalLatencyMs).toBe(4_000);
		expect(latencyMs.max).toBeGreaterThanOrEqual(4_000 * (1 - PRECISION));
		expect(latencyMs.max).toBeLessThanOrEqual(4_000 * (1 + PRECISION));
	});

	it('are its own', async () => {
		const [one, other] = [await v1Setup(), await v1Setup()];
		await one.client.validateVersion(versionsInput, callOptions);

		expect(one.client.metrics().totalRequests).toBe(1);
		expect(other.client.metrics().totalRequests).toBe(0);
	});
});

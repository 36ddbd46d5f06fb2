import type { SessionRegistry } from '../../client/registry/sessionRegistry';
import { followSession } from '../../client/streams/followSession';
import { Outbox } from '../../client/streams/outbox';
import { systemClock } from '../../client/time/systemClock';
import type { RegistryStore } from './registryContract';
import { idsIn, messages } from './conversation';
import { keyOf } from './registrySessions';

const key = keyOf('s');

/** What becomes of what is left in a registry of before, whatever store is behind it. */
export function describeLeftOver(name: string, makeStore: () => Promise<RegistryStore>): void {
	describe(`what was left over in the registry: ${name}`, () => {
		let store: RegistryStore;
		let registry: SessionRegistry;
		let warnings: string[];

		beforeEach(async () => {
			store = await makeStore();
			registry = await store.open();
			warnings = [];
		});
		afterEach(async () => {
			await registry.close();
			await store.remove();
		});

		const outbox = () =>
			new Outbox({
				registry,
				consumer: 'c',
				clock: systemClock,
				random: Math.random,
				onTrouble: ({ message }) => warnings.push(message),
				onRecovered: () => {},
				onWarning: (message) => warnings.push(message),
			});
		const batchOf = (...ids: string[]) => ({ messages: messages(...ids), receivedAt: systemClock.monotonic() });

		/** Follows the session until nothing waits any more. @returns ids of what was delivered, in order */
		async function follow({ whileItHangs = async () => {} } = {}): Promise<string[]> {
			const given: string[] = [];
			const stop = new AbortController();
			const { signal } = stop;
			const running = followSession({
				key,
				outbox: outbox(),
				clock: systemClock,
				random: Math.random,
				signal,
				read: async () => {},
				onBatch: async (batch) => {
					if (given.length === 0) await whileItHangs();
					given.push(...idsIn(batch.messages));
				},
				onDeliveryFailed: (error) => warnings.push(String(error)),
				onDeliveryRecovered: () => {},
			});
			await running;
			stop.abort();
			return given;
		}

		it('is delivered once, in order', async () => {
			for (const id of ['a', 'b', 'c']) await outbox().stage(key, batchOf(id));
			expect(await follow()).toEqual(['a', 'b', 'c']);
			expect(await follow()).toEqual([]);
		});

		it('an ending workflow may stage late: what was delivered within other batches does not come again', async () => {
			await outbox().recordDelivered(key, messages('a', 'b'));
			for (const ids of [['a'], ['b', 'c'], ['d']]) await outbox().stage(key, batchOf(...ids));

			expect(await follow()).toEqual(['c', 'd']);
			expect((await registry.deliveredIds(key, 'c')).sort()).toEqual(['a', 'b', 'c', 'd']);
			expect(await registry.stagedBatches(key, 'c')).toEqual([]);
			expect(warnings).toEqual([]);
		});

		it('an ending workflow may stage late, also while somebody else delivers that', async () => {
			await outbox().stage(key, batchOf('a', 'b'));
			const whileItHangs = async () => {
				for (const ids of [['a'], ['b', 'c']]) await outbox().stage(key, batchOf(...ids));
			};
			// What is read back at the end of the first page is there by then.
			expect([...(await follow({ whileItHangs })), ...(await follow())]).toEqual(['a', 'b', 'c']);
			expect(await follow()).toEqual([]);
			expect(await registry.stagedBatches(key, 'c')).toEqual([]);
		});

		it.each(['no JSON', '[]', '', '{"receivedAt":1,"messages":[{"messageId":5}]}'])(
			'text that cannot be parsed (%s) is set aside with a warning, and the session goes on',
			async (payload) => {
				await outbox().stage(key, batchOf('a'));
				await registry.stage(key, 'c', { id: 'bad', payload });
				await outbox().stage(key, batchOf('b'));

				expect(await follow()).toEqual(['a', 'b']);
				expect(await registry.stagedBatches(key, 'c')).toEqual([]);
				expect(await registry.stagedBatches(key, 'c unreadable')).toEqual([{ id: 'bad', payload }]);
				expect(warnings).toEqual([expect.stringMatching(/session "s" .* cannot be read\. .* of "c unreadable"/)]);
				expect(await follow()).toEqual([]);
				expect(warnings).toHaveLength(1);
			},
		);
	});
}

import type { SessionRegistry } from '../../client/registry/sessionRegistry';
import { Outbox } from '../../client/streams/outbox';
import type { Clock } from '../../client/time/clock';

/** The outbox of a consumer, for tests in which nobody asks what trouble it has. */
export function quietOutbox(registry: SessionRegistry, clock: Clock): Outbox {
	const listeners = { onTrouble: () => {}, onRecovered: () => {} };
	return new Outbox({ registry, consumer: 'c', clock, random: () => 0.5, ...listeners });
}

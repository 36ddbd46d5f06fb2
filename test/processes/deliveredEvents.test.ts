import { describeDeliveredEvents } from '../support/deliveredEvents';

describeDeliveredEvents('SQLite', { events: 10_000, seed: 17 }, async () => {
	return { fields: { stateStore: 'local' }, remove: async () => {} };
});

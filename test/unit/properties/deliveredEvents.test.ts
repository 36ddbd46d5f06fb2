import { describeDeliveredEvents } from '../../support/deliveredEvents';

describeDeliveredEvents('SQLite', { events: 2_000, seed: 17 }, async () => {
	return { fields: { stateStore: 'local' }, remove: async () => {} };
});

import { describeKilledStarts } from '../support/killedStarts';

describeKilledStarts('SQLite', async () => ({ fields: { stateStore: 'local' }, remove: async () => {} }));

import { describeRegistryContract } from '../../../support/registryContract';
import { sqliteStore } from '../../../support/registryFiles';

describeRegistryContract('SQLite', sqliteStore);

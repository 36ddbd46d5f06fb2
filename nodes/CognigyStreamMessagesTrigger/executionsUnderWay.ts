import type { ClientModule } from '../shared/loadClient';

/**
 * Executions that n8n was asked for in this process and that have not ended, by their deduplication keys; also those that a
 * copy of this package asked for before it was updated.
 */
export function executionsUnderWay({ edition }: Pick<ClientModule, 'edition'>): Map<string, Promise<void>> {
	return edition.host.processWide('executions-under-way/1', () => new Map<string, Promise<void>>());
}

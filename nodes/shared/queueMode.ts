/** Whether n8n runs its executions in workers, which may be other processes, on other machines. */
export function isQueueMode(): boolean {
	return process.env['EXECUTIONS_MODE']?.trim().toLowerCase() === 'queue';
}

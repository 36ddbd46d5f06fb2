import type { Message } from '../types';

/** That the bot types matters only to who reads just then: it is not remembered for others. */
export function isPassing({ type }: Message): boolean {
	return type === 'typingStatus';
}

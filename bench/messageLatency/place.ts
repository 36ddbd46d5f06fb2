import type { N8nPlace } from '../n8n/withN8n';
import type { Workplace } from '../service';
import type { Receiver } from './receiver';

export interface LatencySetup {
	/** Of each way. */
	sessions: number;
	/** To each way. */
	messages: number;
	/** To each way, before anything counts. */
	warmUpMessages: number;
}

/** What all measurements need. */
export interface MeasuringPlace extends N8nPlace {
	workplace: Workplace;
	receiver: Receiver;
	setup: LatencySetup;
}

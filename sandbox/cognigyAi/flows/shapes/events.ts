import { cognigy, type Shapes } from './shape';

/** What a chat is told besides what is said, and a human agent after a handover. */
export const events: Shapes = {
	'queue-position': cognigy({
		_webchat3: {
			type: 'queueUpdate',
			payload: { position: 3, estimatedWaitTime: 120_000, alternativeText: null },
		},
	}),
	'rating-with-text': [
		{
			text: 'Thank you for the talk.',
			data: { _plugin: { type: 'request-rating', data: { ratingTitleText: 'How was it?' } } },
		},
	],
	'agent-files': [
		{
			text: 'Here are both contracts.',
			source: 'agent',
			data: {
				attachments: [
					{
						runtimeFileId: '3',
						fileName: 'contract.pdf',
						mimeType: 'application/pdf',
						size: 4711,
						status: 'scanned',
						url: 'https://example.org/files/3',
					},
					{ runtimeFileId: '4', fileName: 'signed.png', mimeType: 'image/png', url: 'https://example.org/files/4' },
				],
			},
		},
	],
};

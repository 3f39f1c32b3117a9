import { ensure, type Item } from '../item.ts';

const SPOOFED = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };

export const a5: Item = {
  number: 'A5',
  level: 'MUST',
  requirement: 'X-Remote-* headers from anybody but the front proxy mean nothing.',
  breaks: 'Everything: whoever reaches the port is cluster administrator.',
  async check({ stranger, straight, collection }) {
    const { status } = await stranger.send(`${collection}?limit=1`, { headers: SPOOFED });
    ensure(
      [401, 403].includes(status),
      `without credentials, as system:masters by header: ${status} instead of 401 or 403`,
    );
    const user = { 'x-remote-user': 'faultline-conformance-nobody', 'x-remote-group': 'nobody' };
    const [plain, spoofed] = [
      await straight.send(`${collection}?limit=1`),
      await straight.send(`${collection}?limit=1`, { headers: user }),
    ];
    const same = plain.status === spoofed.status;
    ensure(
      same,
      `with our own credentials ${plain.status}, as nobody by header ${spoofed.status}: the header was believed`,
    );
  },
};

package hub.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The eight aggregates of a customer in 61 bytes and the name of the last kind, little end first.
 *
 * <p>At 0 events, 8 last time, 16 duration, 24 spent, 32 complaints, 36 six channels of four bytes each, 60 the last
 * channel, 61 the last kind. `bench/peers/states.py` reads the same.
 */
final class Aggregates {
    private static final int EVENTS = 0;
    private static final int LAST_AT = 8;
    private static final int DURATION = 16;
    private static final int SPENT = 24;
    private static final int COMPLAINTS = 32;
    private static final int CHANNELS = 36;
    private static final int LAST_CHANNEL = 60;
    private static final int LAST_KIND = 61;
    private static final VarHandle LONG = view(long[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle DOUBLE = view(double[].class);

    private Aggregates() {}

    /** Returns what follows from an event; `before` (null for a new customer) is left as it is: it may be on its way. */
    static byte[] after(byte[] before, Event event) {
        byte[] kind = event.kind.getBytes(StandardCharsets.UTF_8);
        byte[] after = new byte[LAST_KIND + kind.length];
        if (before != null) {
            System.arraycopy(before, 0, after, 0, LAST_KIND);
        }
        LONG.set(after, EVENTS, (long) LONG.get(after, EVENTS) + 1);
        LONG.set(after, LAST_AT, event.occurredAt);
        LONG.set(after, DURATION, (long) LONG.get(after, DURATION) + event.durationMs);
        DOUBLE.set(after, SPENT, (double) DOUBLE.get(after, SPENT) + event.amount);
        if (event.kind.equals("complained")) {
            INT.set(after, COMPLAINTS, (int) INT.get(after, COMPLAINTS) + 1);
        }
        int channel = CHANNELS + Integer.BYTES * event.channel;
        INT.set(after, channel, (int) INT.get(after, channel) + 1);
        after[LAST_CHANNEL] = (byte) event.channel;
        System.arraycopy(kind, 0, after, LAST_KIND, kind.length);
        return after;
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }
}

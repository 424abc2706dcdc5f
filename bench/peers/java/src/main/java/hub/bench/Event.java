package hub.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * One interaction, all ten fields, read by hand off framed Avro. One object is used again for every record: the stream
 * thread is alone, and nothing keeps an event.
 */
final class Event {
    private static final int FRAME = 5;
    private static final VarHandle DOUBLE = view(double[].class);
    private static final VarHandle FLOAT = view(float[].class);

    String eventId;
    String customerId;
    long occurredAt;
    int channel;
    String kind;
    int durationMs;
    double amount;
    String cell;
    float sentiment;
    Map<String, String> attributes;

    private byte[] bytes;
    private int at;

    /** Reads the fields in the order of the schema. */
    void read(byte[] value) {
        bytes = value;
        at = FRAME;
        eventId = string();
        customerId = string();
        occurredAt = number();
        channel = (int) number();
        kind = string();
        durationMs = (int) number();
        amount = (double) DOUBLE.get(bytes, at);
        at += Double.BYTES;
        cell = number() == 0 ? null : string();
        sentiment = (float) FLOAT.get(bytes, at);
        at += Float.BYTES;
        attributes = map();
    }

    private Map<String, String> map() {
        Map<String, String> found = new HashMap<>();
        long count = number();
        while (count != 0) {
            if (count < 0) {
                count = -count;
                number(); // the block's bytes
            }
            for (; count > 0; count--) {
                String name = string();
                found.put(name, string());
            }
            count = number();
        }
        return found;
    }

    private String string() {
        int length = (int) number();
        String found = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return found;
    }

    /** A number in groups of seven bits, the least first, the sign in the lowest bit. */
    private long number() {
        long found = 0;
        for (int shift = 0; ; shift += 7) {
            byte group = bytes[at++];
            found |= (group & 0x7FL) << shift;
            if (group >= 0) {
                return (found >>> 1) ^ -(found & 1);
            }
        }
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }
}

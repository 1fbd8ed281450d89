"""The claim: one function, so that choosing an item and raising its limits is one decision. Before the new code."""

from django.db import migrations

CLAIM = """
CREATE OR REPLACE FUNCTION public.queue_claim(
    p_group text, p_tags text[], p_owner uuid, p_lease interval
) RETURNS SETOF public.queue_workitem
LANGUAGE plpgsql AS $$
DECLARE
    head record;
    item public.queue_workitem;
    wanted text;
BEGIN
    -- One row per lane, found by jumping through the index of waiting items: the cost grows with the
    -- number of lanes, never with the number of items behind one full limit.
    FOR head IN
        WITH RECURSIVE lanes AS (
            (SELECT w.tenant_id, w.lane FROM public.queue_workitem w
             WHERE w."group" = p_group AND w.state = 'waiting'
             ORDER BY w.tenant_id, w.lane LIMIT 1)
            UNION ALL
            SELECT n.tenant_id, n.lane FROM lanes l CROSS JOIN LATERAL (
                SELECT w.tenant_id, w.lane FROM public.queue_workitem w
                WHERE w."group" = p_group AND w.state = 'waiting'
                  AND (w.tenant_id, w.lane) > (l.tenant_id, l.lane)
                ORDER BY w.tenant_id, w.lane LIMIT 1) n
        )
        SELECT l.tenant_id, l.lane FROM lanes l
        CROSS JOIN LATERAL (
            SELECT w.priority, w.enqueued_at, w.tags, w.limits FROM public.queue_workitem w
            WHERE w."group" = p_group AND w.state = 'waiting'
              AND w.tenant_id = l.tenant_id AND w.lane = l.lane
            ORDER BY w.priority DESC, w.enqueued_at, w.run_id LIMIT 1) first
        LEFT JOIN public.queue_limit own ON own.key = 'tenant:' || l.tenant_id
        WHERE first.tags::text[] <@ p_tags
          AND NOT EXISTS (SELECT FROM public.queue_limit f
                          WHERE f.key = ANY (first.limits) AND f.used >= f.cap)
        ORDER BY first.priority DESC, coalesce(own.used, 0), first.enqueued_at
    LOOP
        BEGIN
            SELECT * INTO item FROM public.queue_workitem w
            WHERE w."group" = p_group AND w.state = 'waiting'
              AND w.tenant_id = head.tenant_id AND w.lane = head.lane
            ORDER BY w.priority DESC, w.enqueued_at, w.run_id
            LIMIT 1 FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;

            FOREACH wanted IN ARRAY item.limits LOOP  -- kept sorted, so that two claims can't deadlock
                UPDATE public.queue_limit SET used = used + 1
                WHERE key = wanted AND (cap IS NULL OR used < cap);
                IF NOT FOUND THEN
                    RAISE EXCEPTION USING ERRCODE = 'JP001', MESSAGE = 'limit is full';
                END IF;
            END LOOP;

            UPDATE public.queue_workitem w
            SET state = 'leased', epoch = w.epoch + 1, lease_owner = p_owner,
                lease_until = clock_timestamp() + p_lease
            WHERE w.run_id = item.run_id
            RETURNING * INTO item;
            RETURN NEXT item;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'JP001' THEN
            NULL;  -- what this lane had raised is undone; try the next lane
        END;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("queue", "0001_initial")]
    operations = [migrations.RunSQL(CLAIM, "DROP FUNCTION public.queue_claim(text, text[], uuid, interval)")]

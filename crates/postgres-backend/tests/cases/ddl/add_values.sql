ALTER TYPE "mood" ADD VALUE 'a0' BEFORE 'b';

ALTER TYPE "mood" ADD VALUE 'a' AFTER 'a0';

ALTER TYPE "mood" ADD VALUE 'c' AFTER 'b';

ALTER TYPE "mood" ADD VALUE 'it''s' AFTER 'd';
